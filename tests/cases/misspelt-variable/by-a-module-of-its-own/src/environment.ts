import "dotenv/config";
export default process.env;
