const { cleanEnv, str } = require("envalid");

const spec = {
  SIGNING_NAME: str(),
  ALPHABET: str({ default: "abcdefghkmnpqrstuvwxyz23456789" }),
};
module.exports = cleanEnv(process.env, spec);
