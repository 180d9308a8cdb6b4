module.exports = ({ env }) => ({ connection: { ssl: env.bool("DATABASE_SSL", false), pool: { min: env.int("DATABASE_POOL_MIN", 2) } } });
