start:
	node --env-file=environments/staging.env server.js
