module.exports = {
  apps: [
    {
      name: 'api',
      script: 'server.js',
      execMode: 'cluster',
      instances: 'max',
      maxMemoryRestart: '512M',
      kill_timeout: '5000',
      max_restarts: '10',
      min_uptime: '10s',
      exp_backoff_restart_delay: 100,
      restart_delay: Number(process.env.RESTART_DELAY || '5s'),
      wait_ready: true,
      listen_timeout: '1e4',
      stop_exit_codes: '125',
      merge_logs: 0,
      out: '/dev/null',
      filter_env: ['AWS_'],
    },
  ],
};
