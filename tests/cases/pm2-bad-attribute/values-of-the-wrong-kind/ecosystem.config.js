module.exports = {
  apps: [
    {
      name: 'api',
      script: 'server.js',
      exec_mode: 'clustr',
      instances: true,
      restart_delay: '5s',
      autorestart: 'false',
      min_uptime: 50,
      listenTimeout: '3s',
      stop_exit_codes: '0,125',
      filter_env: ['AWS_'],
      env: 'PORT=80',
      env_dev: 'PORT=80',
      env_prod: ['PORT=80'],
    },
  ],
};
