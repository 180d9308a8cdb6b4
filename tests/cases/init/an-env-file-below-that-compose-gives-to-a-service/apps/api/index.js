console.log(process.env.API_PORT);
