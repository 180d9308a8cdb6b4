import { config } from 'dotenv';

config({ path: ['environments/ci.env'] });
