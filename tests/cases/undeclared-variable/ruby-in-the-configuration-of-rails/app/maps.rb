key = ENV["APP_MAPS_KEY"]
return nil unless key.present?

SETTINGS = { id: ENV["APP_CLIENT_ID"] }
