module.exports = { apps: [{ ...require('./common'), name: 'api', script: 'server.js' }] };
