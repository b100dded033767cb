import { cookies } from "next/headers";
import { Site } from "@/components/site";
import { look } from "@/lib/amplify-server";
import { settings } from "@/lib/settings";

export default async function Login() {
  const { username } = await look({ cookies });
  return <Site page="login" settings={settings()} seen={username} />;
}
