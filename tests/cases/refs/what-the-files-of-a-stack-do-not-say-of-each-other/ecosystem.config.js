module.exports = {
  apps: [{
    name: 'api',
    script: 'app',
    env: {
      APP_SPARK_ENV: 'production',
      NODE_ENV: 'production',
      APP_SPARK_POSTGRES_PORT: process.env.APP_SPARK_POSTGRES_PORT || '15402',
    },
  }],
};
