const { cleanEnv, url, str } = require("envalid");

module.exports = cleanEnv(process.env, { SMTP_URL: url(), LOG_FORMAT: str({ choices: ["json", "plain"] }) });
