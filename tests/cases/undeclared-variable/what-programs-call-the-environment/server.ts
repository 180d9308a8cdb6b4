import { env as settings } from "node:process";

start(settings.SECOND_KEY, settings.SCRIPT_KEY);
