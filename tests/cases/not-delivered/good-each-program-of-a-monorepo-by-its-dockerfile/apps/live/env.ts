export const env = z.object({ API_TOKEN: z.string() }).parse(process.env);
