console.log(process.env.APP_QUEUE);
