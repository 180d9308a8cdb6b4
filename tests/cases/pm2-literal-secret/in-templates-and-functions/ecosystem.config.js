function secret(name, fallback = '8fKq2vX9mwPz31') {
  return process.env[name] || fallback;
}
const read = (path, encoding = 'utf8') => require('fs').readFileSync(path, encoding).trim();

module.exports = {
  apps: [
    {
      name: 'api',
      script: 'server.js',
      exec_mode: 'cluster',
      instances: 2,
      max_memory_restart: '512M',
      kill_timeout: 5000,
      wait_ready: true,
      listen_timeout: 10000,
      exp_backoff_restart_delay: 100,
      out_file: '/dev/null',
      filter_env: ['AWS_'],
      env: {
        API_KEY: secret('API_KEY'),
        SESSION_SECRET: `${process.env.SESSION_SECRET || 'Vb6nR4sYd81M'}`,
        DATABASE_URL: `postgres://app:kW7tQ2pLx93Z@${process.env.DB_HOST}/app`,
        AUTH_TOKEN: `Bearer ${process.env.AUTH_TOKEN}`,
        SIGNING_KEY: read('/run/secrets/signing', 'utf8'),
        CACHE_PASSWORD: secret('CACHE_PASSWORD', process.env.OTHER_PASSWORD),
      },
    },
  ],
};
