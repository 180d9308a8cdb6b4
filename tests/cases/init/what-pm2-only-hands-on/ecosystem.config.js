module.exports = {
  apps: [
    {
      name: "api",
      script: "api.js",
      env: {
        DATABASE_URL: process.env.DATABASE_URL,
        CACHE_URL: process.env.CACHE_URL || "redis://localhost",
        NODE_PORT: "8080",
      },
    },
  ],
};
