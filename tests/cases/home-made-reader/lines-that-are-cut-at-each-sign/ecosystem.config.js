const fs = require('fs');
const env = {};
for (const line of fs.readFileSync('.env', 'utf8').split('\n')) {
  const [key, value] = line.split('=');
  if (key && value) env[key.trim()] = value.trim();
}
module.exports = { apps: [{ name: 'api', script: 'api.js', env }] };
