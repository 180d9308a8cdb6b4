export const b = process.env.LISTEN_PORT ?? 3000;
