-- Public addresses that own callers used with success: asked about the days
-- before the period, so that who breaks in is not familiar by breaking in.
SELECT sourceipaddress, COUNT(*) AS calls
FROM (
  SELECT DISTINCT eventid, sourceipaddress
  FROM {{table}}
  WHERE {{period}}
    AND useridentity.type IN ('IAMUser', 'Root', 'AssumedRole', 'FederatedUser', 'IdentityCenterUser')
    AND useridentity.accountid = COALESCE(recipientaccountid, useridentity.accountid)
    AND errorcode IS NULL
    AND NOT {{failed_sign_in}}
    AND {{public_address}}
) AS calls
GROUP BY sourceipaddress
ORDER BY calls DESC, sourceipaddress
LIMIT {{limit}}
