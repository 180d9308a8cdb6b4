export const names = Object.keys(process.env).filter((name) => name.startsWith("WEB_"));
