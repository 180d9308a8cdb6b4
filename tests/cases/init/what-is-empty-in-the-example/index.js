const secure = process.env.SMTP_SECURE === "true";
const site = process.env.SITE_URL || "http://localhost:3000";
const cors = process.env.STORE_CORS!;
