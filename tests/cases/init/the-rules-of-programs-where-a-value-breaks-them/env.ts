import { z } from "zod";

export const env = z
  .object({
    DATABASE_URL: z.string().url(),
    CACHE_URL: z.url(),
    RETRIES: z.coerce.number().default(10),
    SPEED: z.enum(["fast", "slow"]),
    BETA: z.enum(["true", "false"]),
    CONTACT: z.string().email(),
    SIZE: z.coerce.number(),
  })
  .parse(process.env);
