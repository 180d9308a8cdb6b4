const key = process.env.SESSION_KEY;
if (!key) throw new Error("set SESSION_KEY");

const tracing = process.env.TRACING_URL;
if (tracing) start(tracing);

export const port = Number(process.env.PORT_NUMBER);
