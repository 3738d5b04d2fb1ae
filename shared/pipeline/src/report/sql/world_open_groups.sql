-- Security groups opened inwards to every address.
SELECT eventtime, arn, username, eventname, sourceipaddress, account, awsregion, groupid
FROM (
  SELECT DISTINCT
    eventid,
    eventtime,
    {{principal}} AS arn,
    useridentity.username AS username,
    eventname,
    sourceipaddress,
    account,
    awsregion,
    COALESCE(
      json_extract_scalar(requestparameters, '$.groupId'),
      json_extract_scalar(requestparameters, '$.groupName'),
      json_extract_scalar(requestparameters, '$.ModifySecurityGroupRulesRequest.GroupId')
    ) AS groupid
  FROM {{table}}
  WHERE {{period}}
    AND eventsource = 'ec2.amazonaws.com'
    AND eventname IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
    AND errorcode IS NULL
    AND regexp_like(requestparameters, '{{everywhere}}')
) AS openings
ORDER BY from_iso8601_timestamp(eventtime) DESC, eventid
LIMIT {{limit}}
