module.exports = {
  apps: [
    {
      name: 'api',
      script: 'sparkcfg',
      max_memory_restart: '512M',
      exp_backoff_restart_delay: 100,
      out_file: '/dev/null',
      filter_env: ['AWS_'],
      args: 'run prod -- node server.js',
    },
  ],
};
