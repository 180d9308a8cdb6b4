const shared = {
  max_memory_restart: '1G',
  out_file: '/dev/null',
  filter_env: ['AWS_'],
  exp_backoff_restart_delay: 100,
};

module.exports = {
  apps: [
    { ...shared, name: 'api', script: 'server.js', kill_timeout: 5000 },
    { ...shared, name: 'worker', script: 'worker.js', kill_timeout: 31000 },
  ],
};
