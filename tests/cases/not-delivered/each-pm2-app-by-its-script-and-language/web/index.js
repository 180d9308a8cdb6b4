if (!process.env.STRIPE_KEY) throw new Error("no key");
