require("http").createServer().listen(process.env.APP_PORT);
