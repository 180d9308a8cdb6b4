module.exports = { apps: [{ name: 'web', script: 'app.js', env: { LOG_LEVEL: process.env.LOG_LEVEL }, env_production: { LOG_LEVEL: 'warn' } }] };
