module.exports = {
  apps: [
    {
      name: 'api',
      script: 'worker.py',
      exec_mode: 'fork',
      instances: 1,
      max_memory_restart: '512M',
      kill_timeout: 5000,
      exp_backoff_restart_delay: 100,
      out_file: '/dev/null',
      filter_env: ['AWS_'],
    },
  ],
};
