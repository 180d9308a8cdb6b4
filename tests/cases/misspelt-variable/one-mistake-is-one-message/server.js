start({ level: process.env.APP_LOG_LEVEL ?? "info", secret: process.env.JWT_SECRET });
