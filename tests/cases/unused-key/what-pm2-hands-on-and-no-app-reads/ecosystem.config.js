const shared = { ...process.env };

module.exports = {
  apps: [
    {
      name: "api",
      script: "api.js",
      env: { APP_PORT: process.env.APP_PORT, APP_STAGE: shared.APP_STAGE || "production" },
    },
  ],
};
