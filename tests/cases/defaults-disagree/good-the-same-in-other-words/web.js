const debug = process.env.API_DEBUG ?? false;
const url = process.env.API_URL || 'http://localhost:1/';
