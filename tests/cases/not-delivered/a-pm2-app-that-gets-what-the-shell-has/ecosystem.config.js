module.exports = {
  apps: [{ name: 'api', script: 'api/app.py', interpreter: 'python3', env: { LEVEL_NAME: 'debug' } }],
};
