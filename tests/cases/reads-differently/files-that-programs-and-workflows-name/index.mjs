import { loadEnvFile } from 'node:process';

loadEnvFile('environments/dev.env');
