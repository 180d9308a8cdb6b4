module.exports = { apps: [{ name: 'web', script: 'app.js', env: { LOG_LEVEL: 'warn' } }, { name: 'worker', script: 'app.js' }] };
