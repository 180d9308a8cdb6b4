if (!process.env.STRIPE_API_KEY) throw new Error("no key");
fetch(process.env.API_URL, { headers: { key: process.env.STRIPE_API_KEY, other: process.env.REVIEWED_KEY } });
