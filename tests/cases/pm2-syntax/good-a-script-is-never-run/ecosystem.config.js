const apps = require('./apps');
module.exports = { apps: apps.map(secure) };
