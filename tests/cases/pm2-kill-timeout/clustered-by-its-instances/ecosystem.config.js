const common = {
  instances: 2,
};

const config = {
  apps: [
    {
      ...common,
      name: 'api',
      script: 'server.js',
      max_memory_restart: '512M',
      wait_ready: true,
      listen_timeout: 10000,
      exp_backoff_restart_delay: 100,
      out_file: '/dev/null',
      filter_env: ['AWS_'],
    },
  ],
};

module.exports = config;
