locals {
  env = {
    DB_HOST = { value = var.database.host }
  }
}
