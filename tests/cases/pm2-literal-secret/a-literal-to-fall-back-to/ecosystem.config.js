const known = 'Vb6nR4sYd81M';

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
        API_KEY: process.env.API_KEY || '8fKq2vX9mwPz31',
        SESSION_SECRET: process.env.SESSION_SECRET ?? known,
        DB_PASSWORD: process.env.NODE_ENV === 'production' ? process.env.DB_PASSWORD : 'kW7tQ2pLx93Z',
      },
    },
  ],
};
