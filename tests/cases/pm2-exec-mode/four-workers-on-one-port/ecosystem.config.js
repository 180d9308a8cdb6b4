module.exports = {
  apps: [
    {
      name: 'api',
      script: 'server.js',
      exec_mode: 'fork',
      instances: 4,
      max_memory_restart: '512M',
      exp_backoff_restart_delay: 100,
      out_file: '/dev/null',
      filter_env: ['AWS_'],
    },
  ],
};
