// process.env.NOT_THIS
const text = 'process.env.NOR_THIS';
const url = process.env.DATABASE_URL;
const home = process.env.HOME;
const file = process.env.DB_PASSWORD_FILE ?? process.env.DB_PASSWORD;
