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
        API_KEY: process.env.API_KEY,
        API_KEY_FILE: '/run/keys/api',
        DB_PASSWORD: process.env.DB_PASSWORD || '',
        SESSION_SECRET: process.env.SESSION_SECRET ?? 'change-me',
        LOG_LEVEL: process.env.LOG_LEVEL || 'info',
      },
    },
  ],
};
