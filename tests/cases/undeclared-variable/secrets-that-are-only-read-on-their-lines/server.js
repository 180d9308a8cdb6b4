const sslKey = args["ssl-key"] || process.env.APP_SSL_KEY || process.env.SSL_KEY;
