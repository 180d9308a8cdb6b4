console.log(process.env.PORT || 3000, process.env.REDIS_URL);
