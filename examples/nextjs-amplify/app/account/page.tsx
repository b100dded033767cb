import { cookies } from "next/headers";
import { Site } from "@/components/site";
import { look } from "@/lib/amplify-server";
import { settings } from "@/lib/settings";

export default async function Account() {
  const { username } = await look({ cookies });
  return <Site page="account" settings={settings()} seen={username} />;
}
