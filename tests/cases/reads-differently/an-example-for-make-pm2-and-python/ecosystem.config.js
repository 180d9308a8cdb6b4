const fs = require('fs');

const env = {};
for (const line of fs.readFileSync('.env', 'utf8').split('\n')) {
  const [key, ...value] = line.split('=');
  if (key && value.length) env[key.trim()] = value.join('=').trim();
}
module.exports = { apps: [{ name: 'app', script: 'app.py', env }] };
