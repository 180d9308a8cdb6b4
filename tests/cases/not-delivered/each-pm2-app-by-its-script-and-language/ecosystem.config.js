const path = require('path');

module.exports = {
  apps: [
    { name: 'web', script: 'web/index.js', cwd: __dirname },
    { name: 'api', script: 'api/main.py', cwd: './', interpreter: 'python3' },
    { name: 'jobs', script: 'run.py', cwd: path.join(__dirname, 'jobs'), interpreter: 'python3' },
    { name: 'tool', script: `${__dirname}/tool/index.js` },
  ],
};
