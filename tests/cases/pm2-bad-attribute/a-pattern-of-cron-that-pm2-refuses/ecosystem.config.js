module.exports = {
  apps: [
    { name: 'reports', script: 'reports.js', cron_restart: '@daily', autorestart: false },
    { name: 'mail', script: 'mail.js', cron_restart: '0 25 * * *', autorestart: false },
    { name: 'sync', script: 'sync.js', cron_restart: '*/15 8-18 * * MON-FRI', autorestart: false },
  ],
}
