module.exports = {
  apps: [{ name: 'a', script: 'a.js', env: { PORTX: 3000, API_TOKEN: process.env.SRC_TOKEN } }],
};
