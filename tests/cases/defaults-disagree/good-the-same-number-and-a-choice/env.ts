import { z } from "zod";

export const env = z.object({ SIZE_LIMIT: z.coerce.number().default(80e6), MASK_BITS: z.coerce.number().default(0x10), USE_CACHE: z.stringbool().default(true) }).parse(process.env);
