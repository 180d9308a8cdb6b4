document.title = import.meta.env.VITE_TITLE;
const api = import.meta.env.VITE_API_URL ?? "http://localhost:8080";
fetch(api);
