if (!process.env.DATABASE_URL) throw new Error("DATABASE_URL");
if (!process.env.CACHE_URL) throw new Error("CACHE_URL");
if (!process.env.NODE_PORT) throw new Error("NODE_PORT");
